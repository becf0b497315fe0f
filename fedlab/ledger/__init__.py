"""What labs do together: loans, needs, purchases. Pure folds, one subject at a time."""
