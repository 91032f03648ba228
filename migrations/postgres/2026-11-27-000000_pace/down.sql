-- An earlier program writes the headline otherwise, too.
DELETE FROM days;
DELETE FROM month_tables;
