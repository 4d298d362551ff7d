"""What people see and type: tables, JSON, questions, help, completion."""
