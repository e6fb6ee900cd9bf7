CREATE TABLE users (
    user_id integer PRIMARY KEY,
    first_name text NOT NULL,
    born date
);
CREATE TABLE orders (
    order_id integer PRIMARY KEY,
    user_id integer NOT NULL REFERENCES users (user_id)
);
