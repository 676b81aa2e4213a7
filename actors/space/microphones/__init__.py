"""Virtual microphones: who may ask for one, who is next, and how long it lasts. Pure rules."""
