"""The console: pages people work in, plain forms without JavaScript."""
