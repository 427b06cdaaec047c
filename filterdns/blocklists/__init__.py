"""What is known about names: lists, services, helplines, and the table compiled from them."""
