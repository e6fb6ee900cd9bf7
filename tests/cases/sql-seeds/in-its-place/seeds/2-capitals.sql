-- Names in capitals, once everybody is there
-- env: local, preview
UPDATE users SET first_name = upper(first_name);
