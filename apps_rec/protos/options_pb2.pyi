from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor
RANGE_FIELD_NUMBER: _ClassVar[int]
range: _descriptor.FieldDescriptor
CHOICES_FIELD_NUMBER: _ClassVar[int]
choices: _descriptor.FieldDescriptor
REQUIRED_FIELD_NUMBER: _ClassVar[int]
required: _descriptor.FieldDescriptor
