-- depends: 0001.create-users

CREATE TABLE orders (
    order_id serial PRIMARY KEY,
    user_id integer NOT NULL REFERENCES users (user_id)
);
CREATE INDEX orders_user ON orders (user_id);
