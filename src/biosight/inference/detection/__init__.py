"""Finding animals, people and vehicles in pictures, and a closer look at the animal."""
