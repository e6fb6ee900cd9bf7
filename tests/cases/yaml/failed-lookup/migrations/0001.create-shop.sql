CREATE TABLE users (user_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text UNIQUE);
CREATE TABLE orders (order_id int PRIMARY KEY, user_id int NOT NULL REFERENCES users);
