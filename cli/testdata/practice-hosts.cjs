// Leads a Node.js program's connections to Microsoft's two hosts to the
// practice tenant on this computer, and lets every other connection fail. The
// program, what it says and its judgement of certificates stay as they are.
"use strict";
const net = require("net");
const tls = require("tls");
const { hostname, port } = new URL(process.env.PRACTICE_TENANT);
const led = ["login.microsoftonline.com", "graph.microsoft.com"];
const connect = net.Socket.prototype.connect;
const secure = tls.connect;
let ours = false; // the connection being made is one that is led

// As the network does it, later: programs are not made for a failure at once.
function fail(socket, to) {
  setImmediate(() => socket.destroy(new Error("no connection to " + to)));
  return socket;
}

net.Socket.prototype.connect = function (...args) {
  return ours ? connect.apply(this, args) : fail(this, "hosts other than the practice tenant");
};
tls.connect = function (options, ...rest) {
  if (typeof options !== "object" || !led.includes(options.host)) {
    return secure.call(this, options, ...rest);
  }
  Object.assign(options, { host: hostname, port: Number(port), servername: "localhost" });
  ours = true;
  try {
    return secure.call(this, options, ...rest);
  } finally {
    ours = false;
  }
};
