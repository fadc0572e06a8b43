"""One module for each drawn render, with the same name and a function `draw` of the type `drawing.Draw`."""
