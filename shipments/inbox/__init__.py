"""The inbox of scans nobody can read: counted by wording, shown to the admin, read as the admin says."""
