"""What people say of the app and of how they were treated, answered by a day that is told to them."""
