"""Mass exceptions: parcels stuck at one place become one incident."""
