-- Plays the requests of the file REQUESTS over and over: blocks of lines, method and target first, then header lines, then
-- an empty line. With BODY, that file's bytes follow each. Ends with one line of JSON for floor.py.
local requests, next_one = {}, 0

function init()
    local body
    if os.getenv("BODY") then
        local file = assert(io.open(os.getenv("BODY"), "rb"))
        body = file:read("*a")
        file:close()
    end
    local method, target, headers
    for line in io.lines(os.getenv("REQUESTS")) do
        if line == "" then
            requests[#requests + 1] = wrk.format(method, target, headers, body)
            method = nil
        elseif not method then
            method, target = line:match("^(%u+) (.+)$")
            headers = {}
        else
            local name, value = line:match("^([^:]+): (.*)$")
            headers[name] = value
        end
    end
end

function request()
    next_one = next_one % #requests + 1
    return requests[next_one]
end

function done(summary, latency)
    local e = summary.errors
    io.write(string.format(
        '{"requests": %d, "microseconds": %d, "errors": %d, "p50_us": %d, "p99_us": %d}\n',
        summary.requests, summary.duration, e.connect + e.read + e.write + e.status + e.timeout,
        latency:percentile(50), latency:percentile(99)))
end
