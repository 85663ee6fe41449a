"""Certificate templates: what they are for, who may enrol, and which authority issues them."""
