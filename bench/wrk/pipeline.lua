-- Sixteen requests in one write; wrk counts each answer. It calls init once it knows the host.
function init()
  batch = string.rep(wrk.format(), 16)
end

function request()
  return batch
end
