"""Towers that read towers before them, as in DBMTL."""

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.layers import RelationTower, Tower
from apps_rec.models import DnnSpec, FmSpec, Group, IndependentHead, RankModel, Task
from apps_rec.models.bodies import SharedBottom

FEATURES = ("user", "app", "price")
DNN = DnnSpec((4,), "tanh")


def make(make_embedder, *tasks):
    body = SharedBottom([Group("all", FEATURES)], len(tasks), dnn=DNN)
    return RankModel(make_embedder(()), IndependentHead(tasks), body=body)


def test_logits_are_those_of_the_paper(make_embedder, make_batch, prepare):
    tasks = (
        Task("ctr", "click", DNN),
        Task("plain", "click", DNN),
        Task("cvr", "download", DNN, relations=("ctr",), relation_dnn=DnnSpec((3,), "sigmoid")),
        Task("pay", "download", relations=("ctr", "cvr")),
    )
    model = prepare(make(make_embedder, *tasks))
    assert [type(model.towers[task.name]) for task in tasks] == [RelationTower, Tower, RelationTower, RelationTower]
    features = make_batch()[0]
    outputs = model(features)
    embedded = model.embedder(features)
    x = model.body([embedded.flat(FEATURES)])[0].numpy().astype(np.float64)

    def weights(name):
        return [weight.astype(np.float64) for weight in model.towers[name].get_weights()]

    k, b, w, c = weights("ctr")
    ctr = np.tanh(x @ k + b)
    expected = {"ctr": ctr @ w + c}
    k, b, k2, b2, w, c = weights("cvr")
    cvr = 1 / (1 + np.exp(-(np.concatenate([np.tanh(x @ k + b), ctr], axis=1) @ k2 + b2)))
    expected["cvr"] = cvr @ w + c
    w, c = weights("pay")
    expected["pay"] = np.concatenate([x, ctr, cvr], axis=1) @ w + c
    for name, value in expected.items():
        np.testing.assert_allclose(outputs[f"logits_{name}"], value[:, 0], rtol=1e-4, atol=1e-5, err_msg=name)


def test_a_tower_learns_from_the_loss_of_those_that_read_it(make_embedder, make_batch, prepare):
    read = Task("ctr", "click", DNN, weight=0.0)
    model = prepare(make(make_embedder, read, Task("cvr", "download", DNN, relations=("ctr",))))
    dnn, logits = model.towers["ctr"].trainable_variables[:2], model.towers["ctr"].trainable_variables[2:]
    with tf.GradientTape() as tape:
        loss = model.compute_loss(make_batch())
    gradients = tape.gradient(loss, [*dnn, *logits])
    assert all(np.abs(gradient).max() > 0 for gradient in gradients[:2])
    assert all(np.abs(gradient).max() == 0 for gradient in gradients[2:])


def test_a_name_that_is_no_earlier_tower(make_embedder):
    tasks = Task("ctr", "click", relations=("cvr",)), Task("cvr", "download")
    with pytest.raises(ValueError, match=r"task ctr: a tower reads only towers before it, \[\]. Got \['cvr'\]"):
        make(make_embedder, *tasks)


def test_towers_that_read_each_other_need_an_input(make_embedder):
    tasks = Task("ctr", "click"), Task("cvr", "download", relations=("ctr",))
    with pytest.raises(ValueError, match="need an input"):
        RankModel(make_embedder(), IndependentHead(tasks), fm=FmSpec(FEATURES, FEATURES))
