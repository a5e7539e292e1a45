"""The plan of a run: everything that will be attempted and does not depend on the subject. One seed fixes it."""
