-- 3 -> 4: reports count orders and their outcomes by index alone.
CREATE INDEX orders_day ON orders(shop, first_at, state, server_seq, browser_seq, currency, value,
                                  value_scale);
DROP INDEX outcome_order;
CREATE INDEX outcome_order ON outcome(order_key, name, state);
