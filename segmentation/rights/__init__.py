"""Rights of persons over what both apps hold: objection, access, erasure, retention. Faces and commands call these."""
