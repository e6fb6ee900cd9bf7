CREATE TABLE invoices (
    invoice_id serial PRIMARY KEY,
    order_id integer refernces orders (order_id)
);
