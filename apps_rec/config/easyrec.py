"""What a config of EasyRec's holds that has no field here."""

# Fields of EasyRec's without a counterpart of the name, and what to do.
EASYREC_NAMES = {
    "num_class": "Every task here has two classes: delete it.",
    "loss_type": "The head decides on the losses, cross-entropies of two classes: delete it.",
    "experts": "Experts are num_expert and expert_dnn here.",
}
