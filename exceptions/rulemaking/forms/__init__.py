"""What an admin says about rules."""
