"""How the system is brought up: local servers, containers, the demo."""
