-- 1,024 bytes of JSON: the body that bench/rows.ts checks.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"name":"bench","text":"' .. string.rep("x", 998) .. '"}'
