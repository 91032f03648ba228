-- Reads one path as fast as it can, and prints what it measured in one line.

done = function(summary, latency)
    local e = summary.errors
    io.write(string.format("figures %d %d %d %d\n", summary.requests, summary.duration,
        e.connect + e.read + e.write + e.timeout + e.status, latency:percentile(99)))
end
