-- transactional: false
CREATE TABLE users (user_id int);
LOCK TABLE users IN EXCLUSIVE MODE;
INSERT INTO users VALUES (1);
VACUUM users;
