create table "Übersicht" ("naïve name" text, "größe" numeric);
insert into "Übersicht" values ('“smart” — ☕', 1)