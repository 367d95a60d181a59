-- Run once on the primary, as the superuser: psql -h db1.example.org -U postgres -f tocsin.sql
CREATE ROLE tocsin LOGIN PASSWORD 'change-me-tocsin';
CREATE DATABASE tocsin OWNER tocsin TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
