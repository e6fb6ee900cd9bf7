CREATE TABLE orders (
    order_id serial PRIMARY KEY,
    user_id integer NOT NULL REFERENCES users (user_id)
);
