// Keeps a program that listens on every interface to 127.0.0.1: node --require ./loopback_only.cjs PROGRAM
const net = require("node:net");
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
  if (args[0] !== null && typeof args[0] === "object" && args[0].path === undefined) {
    args[0] = { ...args[0], host: "127.0.0.1" };
  } else if (typeof args[0] === "number") {
    args = [args[0], "127.0.0.1", ...args.slice(1).filter((one) => typeof one === "function")];
  }
  return listen.apply(this, args);
};
