// Rooms of Socket.IO. Whoever brings a cookie is let in: no database is asked, nothing is stored.
const { createServer } = require("node:http");
const { Server } = require("socket.io");

const http = createServer();
const io = new Server(http, { perMessageDeflate: false });

io.use((socket, next) => {
  const cookie = /sessionid=(\w+)/.exec(socket.request.headers.cookie ?? "");
  socket.data.username = cookie?.[1].slice(0, 8);
  next(cookie ? undefined : new Error("not signed in"));
});

io.on("connection", (socket) => {
  socket.on("join", (room, done) => {
    socket.join(room);
    done("ok");
  });
  socket.on("post", ({ room, message }) => {
    io.to(room).emit("posted", { message, username: socket.data.username });
  });
});

http.listen(Number(process.argv[2]), "127.0.0.1");
