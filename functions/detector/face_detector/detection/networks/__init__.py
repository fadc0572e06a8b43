"""The networks: one file each, named like its model in `face_models`, with everything specific to it."""

from importlib import import_module

from face_models import Model

from face_detector.detection.network import NetworkDefinition


def definition_of(model: Model) -> NetworkDefinition:
    """Return the definition of the network of a model."""
    module = import_module(f"{__name__}.{model.name}")
    definition: NetworkDefinition = module.NETWORK
    return definition
