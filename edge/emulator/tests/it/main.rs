//! The emulator from outside: requests in, answers out, on a clock that the tests set.

#[cfg(test)]
mod access_log;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod cloudfront;
#[cfg(test)]
mod forecourt;
#[cfg(test)]
mod framing;
mod hits;
mod locations;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod websockets;
#[cfg(test)]
mod world;
