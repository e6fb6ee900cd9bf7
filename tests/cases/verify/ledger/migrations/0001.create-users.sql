CREATE TABLE users (user_id int PRIMARY KEY, email text NOT NULL);
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON users USING (email = current_user);
