"""The operations of the API, one file a kind of resource. Importing a file adds its routes."""
