// Leads a Node.js program's connections to Microsoft's two hosts to the
// practice tenant on this computer, and refuses every other connection. The
// program, what it says and its judgement of certificates stay as they are.
"use strict";
const net = require("net");
const tls = require("tls");
const { hostname, port } = new URL(process.env.PRACTICE_TENANT);
const led = ["login.microsoftonline.com", "graph.microsoft.com"];
const connect = tls.connect;
let ours = 0;
tls.connect = function (options, ...rest) {
  if (typeof options !== "object" || !led.includes(options.host)) {
    throw new Error("no connection to " + (options.host || options));
  }
  Object.assign(options, { host: hostname, port: Number(port), servername: "localhost" });
  ours++;
  try {
    return connect.call(this, options, ...rest);
  } finally {
    ours--;
  }
};
const plain = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  if (ours === 0) {
    throw new Error("no connection without TLS");
  }
  return plain.apply(this, args);
};
