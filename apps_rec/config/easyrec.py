"""Names in EasyRec's configs that have no field here."""

# Fields of EasyRec without a field of that name here, and what to do.
EASYREC_NAMES = {
    "num_class": "Every task here has two classes: delete it.",
    "loss_type": "The head decides on the losses, cross-entropies of two classes: delete it.",
    "experts": "Experts are num_expert and expert_dnn here.",
}
