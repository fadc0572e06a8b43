"""One module for each render of `facelib.domain.renders`, with its name and a `draw` (`face_detector.drawing.Draw`)."""
