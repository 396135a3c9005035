-- wrk's request: requests/event.http with the holes filled as load.c fills them, so that every
-- event is new. BENCH_REQUESTS is the folder of the templates.
local file = assert(io.open(os.getenv("BENCH_REQUESTS") .. "/event.http"))
local head, body = file:read("*a"):match("^(.-)\n\n(.-)\n*$")
file:close()
local text = head:gsub("\n", "\r\n") .. "\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body

-- The text between the holes, and which hole follows each piece.
local pieces, holes = {}, {}
local at = 1
for start, run in text:gmatch("()([EVT]+)") do
    local kind = run:sub(1, 1)
    local width = kind == "T" and 13 or 26
    if run == kind:rep(width) then
        pieces[#pieces + 1], holes[#holes + 1] = text:sub(at, start - 1), kind
        at = start + width
    end
end
local tail = text:sub(at)

local digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
local function base32(number, width)
    local out = ""
    for _ = 1, width do
        local digit = number % 32
        out = digits:sub(digit + 1, digit + 1) .. out
        number = (number - digit) / 32
    end
    return out
end

-- Letters that no other run has; decimal digits are good ULID letters too.
local random = assert(io.open("/dev/urandom", "rb"))
local salt = random:read(8):gsub(".", function(c)
    local digit = c:byte() % 32
    return digits:sub(digit + 1, digit + 1)
end)
random:close()

local sent, second, stamp, millis = 0, 0, "", ""
local filled = {}
function request()
    if sent % 64 == 0 then
        local now = os.time()
        if now ~= second then
            second, stamp = now, base32(now * 1000, 10)
        end
        millis = string.format("%d%03d", now, sent / 64 % 1000)
    end
    local event = string.format("%s%s%08d", stamp, salt, sent)
    local visitor = string.format("%s%s%08d", stamp, salt, (sent - sent % 4) / 4)
    for i = 1, #holes do
        filled[2 * i - 1] = pieces[i]
        filled[2 * i] = holes[i] == "T" and millis or holes[i] == "E" and event or visitor
    end
    filled[2 * #holes + 1] = tail
    sent = sent + 1
    return table.concat(filled)
end
