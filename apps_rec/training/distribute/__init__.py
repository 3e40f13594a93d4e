"""One training as several processes or devices: strategies, and what the processes must agree on."""
