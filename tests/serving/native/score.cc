// Scores rows with an export, without Python: what a ranking service in C++ does.
//
//   score EXPORT SIGNATURE ROWS [INPUT=VALUE,VALUE,...]...
//
// EXPORT is the folder of a version. ROWS is a file: a line of column names, then a line for each row, cells apart by
// tabs. A cell is a number, or a text in hexadecimal digits, so that any byte survives; of an input of rank 2
// (rank_packed) it holds the values of a row, apart by commas. An input whose first size is 1 (the user and the context
// of rank) gets the first row. INPUT=VALUES is an input that is given whole (weights of rank).
//
// The API is C++ and not C: LoadSavedModel is what TensorFlow Serving calls, and it compiles in about the time of C's
// API with the protobuf headers that the signatures in its buffer need.
//
// Prints the names of the outputs, and a line for each row: 9 significant digits, which tell any two float32 apart.

#include <charconv>
#include <cstdio>
#include <exception>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tensorflow/cc/saved_model/loader.h"
#include "tensorflow/core/framework/tensor.h"
#include "tensorflow/core/public/session.h"

namespace {

using tensorflow::Tensor;
using tensorflow::TensorInfo;
using Strings = std::vector<std::string>;
using Cells = std::vector<Strings>;  // the values of each row

void Check(const absl::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

Strings Split(const std::string& text, char separator) {
  Strings parts(1);
  for (char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

// Column by name -> text of the cell in each row.
std::map<std::string, Strings> ReadRows(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string line;
  if (!std::getline(file, line)) throw std::runtime_error(path + " cannot be read or is empty");
  const Strings names = Split(line, '\t');
  std::map<std::string, Strings> columns;
  for (const std::string& name : names) columns[name];
  for (int row = 1; std::getline(file, line); ++row) {
    const Strings cells = Split(line, '\t');
    if (cells.size() != names.size()) {
      throw std::runtime_error(path + ": row " + std::to_string(row) + " has " + std::to_string(cells.size()) +
                               " cells, and there are " + std::to_string(names.size()) + " columns");
    }
    for (size_t i = 0; i < names.size(); ++i) columns[names[i]].push_back(cells[i]);
  }
  return columns;
}

template <typename T>
void Parse(const std::string& text, T* value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *value);
  if (error != std::errc() || stop != end) throw std::runtime_error("\"" + text + "\" is no number of its type");
}

void Parse(const std::string& text, bool* value) {
  if (text != "0" && text != "1") throw std::runtime_error("\"" + text + "\" is neither 0 nor 1");
  *value = text == "1";
}

void Parse(const std::string& text, tensorflow::tstring* value) {
  if (text.size() % 2 != 0) throw std::runtime_error("\"" + text + "\" has half a byte");
  for (size_t i = 0; i < text.size(); i += 2) {
    unsigned char byte;
    const auto [stop, error] = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
    if (error != std::errc() || stop != text.data() + i + 2) {
      throw std::runtime_error("\"" + text + "\" is not in hexadecimal digits");
    }
    value->append(reinterpret_cast<const char*>(&byte), 1);
  }
}

template <typename T>
Tensor Filled(const TensorInfo& info, const Cells& cells) {
  tensorflow::TensorShape shape({static_cast<int64_t>(cells.size())});
  size_t width = 1;
  if (info.tensor_shape().dim_size() == 2) {
    width = info.tensor_shape().dim(1).size();
    shape.AddDim(width);
  }
  Tensor tensor(info.dtype(), shape);
  auto values = tensor.flat<T>();
  for (size_t row = 0; row < cells.size(); ++row) {
    if (cells[row].size() != width) {
      throw std::runtime_error(info.name() + " takes " + std::to_string(width) + " values a row, and not " +
                               std::to_string(cells[row].size()));
    }
    for (size_t i = 0; i < width; ++i) Parse(cells[row][i], &values(row * width + i));
  }
  return tensor;
}

Tensor ToTensor(const TensorInfo& info, const Cells& cells) {
  switch (info.dtype()) {
    case tensorflow::DT_STRING:
      return Filled<tensorflow::tstring>(info, cells);
    case tensorflow::DT_INT32:
      return Filled<int32_t>(info, cells);
    case tensorflow::DT_INT64:
      return Filled<int64_t>(info, cells);
    case tensorflow::DT_FLOAT:
      return Filled<float>(info, cells);
    case tensorflow::DT_DOUBLE:
      return Filled<double>(info, cells);
    case tensorflow::DT_BOOL:
      return Filled<bool>(info, cells);
    default:
      throw std::runtime_error(info.name() + " has the type " + tensorflow::DataTypeString(info.dtype()));
  }
}

// The values that a signature's input gets: of all rows, or of the first alone.
Cells CellsOf(const std::string& name, const TensorInfo& info, const std::map<std::string, Strings>& columns,
              const std::map<std::string, std::string>& whole) {
  Cells cells;
  if (const auto given = whole.find(name); given != whole.end()) {
    for (const std::string& value : Split(given->second, ',')) cells.push_back({value});
    return cells;
  }
  const auto column = columns.find(name);
  if (column == columns.end()) throw std::runtime_error("there is no column for the input " + name);
  const bool packed = info.tensor_shape().dim_size() == 2;
  for (const std::string& cell : column->second) {
    cells.push_back(packed ? Split(cell, ',') : Strings{cell});
    if (info.tensor_shape().dim_size() > 0 && info.tensor_shape().dim(0).size() == 1) break;
  }
  return cells;
}

void Print(const Strings& names, const std::vector<Tensor>& outputs) {
  for (size_t i = 0; i < names.size(); ++i) std::printf("%s%s", i ? "\t" : "", names[i].c_str());
  std::printf("\n");
  for (int64_t row = 0; row < outputs[0].NumElements(); ++row) {
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (i) std::printf("\t");
      if (outputs[i].dtype() == tensorflow::DT_INT32) {
        std::printf("%d", outputs[i].flat<int32_t>()(row));
      } else {
        std::printf("%.9g", outputs[i].flat<float>()(row));
      }
    }
    std::printf("\n");
  }
}

void Run(const std::string& folder, const std::string& signature, const std::string& rows, const Strings& given) {
  tensorflow::SavedModelBundle bundle;
  Check(tensorflow::LoadSavedModel(tensorflow::SessionOptions(), tensorflow::RunOptions(), folder,
                                   {"serve"}, &bundle));
  const auto found = bundle.GetSignatures().find(signature);
  if (found == bundle.GetSignatures().end()) throw std::runtime_error("the export has no signature " + signature);

  const auto columns = ReadRows(rows);
  std::map<std::string, std::string> whole;
  for (const std::string& argument : given) {
    const size_t equals = argument.find('=');
    if (equals == std::string::npos) throw std::runtime_error(argument + " is not INPUT=VALUE,VALUE,...");
    whole[argument.substr(0, equals)] = argument.substr(equals + 1);
  }
  for (const auto& [name, unused] : columns) {
    if (!found->second.inputs().contains(name)) throw std::runtime_error(signature + " has no input " + name);
  }

  // Names of tensors are the signature's to say: they differ from export to export.
  std::vector<std::pair<std::string, Tensor>> inputs;
  for (const auto& [name, info] : found->second.inputs()) {
    inputs.emplace_back(info.name(), ToTensor(info, CellsOf(name, info, columns, whole)));
  }
  std::map<std::string, std::string> sorted;
  for (const auto& [name, info] : found->second.outputs()) sorted[name] = info.name();
  Strings names, fetched;
  for (const auto& [name, tensor] : sorted) {
    names.push_back(name);
    fetched.push_back(tensor);
  }
  std::vector<Tensor> outputs;
  Check(bundle.GetSession()->Run(inputs, fetched, {}, &outputs));
  Print(names, outputs);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: %s EXPORT SIGNATURE ROWS [INPUT=VALUE,VALUE,...]...\n", argv[0]);
    return 2;
  }
  try {
    Run(argv[1], argv[2], argv[3], Strings(argv + 4, argv + argc));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "score: %s\n", error.what());
    return 1;
  }
}
