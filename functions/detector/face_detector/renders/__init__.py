"""One module for each of `facelib.domain.renders`, with the same name and a function `draw` (`drawing.Draw`)."""
