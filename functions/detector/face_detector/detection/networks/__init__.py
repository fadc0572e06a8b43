"""The networks. Everything specific to a network is in a module that has the name of its model in `face_models`."""

from importlib import import_module

from face_models import Model

from face_detector.detection.network import NetworkDefinition


def definition_of(model: Model) -> NetworkDefinition:
    """Return the definition of a model's network."""
    module = import_module(f"{__name__}.{model.name}")
    definition: NetworkDefinition = module.NETWORK
    return definition
