//! Frames on the socket: a big-endian u32 length, then that many bytes of JSON. A longer one than the limit ends the link.

use crate::model::wire::FRAME_LIMIT;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;

/// A frame's bytes; `None` where it would be longer than the limit.
pub fn encode(frame: &impl Serialize) -> Option<Vec<u8>> {
    let body = serde_json::to_vec(frame).ok()?;
    let length = u32::try_from(body.len()).ok().filter(|_| body.len() <= FRAME_LIMIT)?;
    let mut bytes = length.to_be_bytes().to_vec();
    bytes.extend_from_slice(&body);
    Some(bytes)
}

/// The length that a frame's first four bytes say; an error beyond the limit.
pub fn length_of(head: [u8; 4]) -> io::Result<usize> {
    let length = u32::from_be_bytes(head) as usize;
    if length > FRAME_LIMIT {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a frame of {length} bytes")));
    }
    Ok(length)
}

/// Reads one frame; `None` at the end of the stream.
pub fn read_frame<T: DeserializeOwned>(from: &mut impl io::Read) -> io::Result<Option<T>> {
    let mut head = [0; 4];
    match from.read_exact(&mut head) {
        Ok(()) => {}
        Err(end) if end.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(other) => return Err(other),
    }
    let mut body = vec![0; length_of(head)?];
    from.read_exact(&mut body)?;
    serde_json::from_slice(&body).map(Some).map_err(io::Error::from)
}

/// Writes one frame.
pub fn write_frame(to: &mut impl io::Write, frame: &impl Serialize) -> io::Result<()> {
    let bytes = encode(frame).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "that is too long to send"))?;
    to.write_all(&bytes)?;
    to.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::Seq;
    use crate::model::wire::ToClient;

    #[test]
    fn a_frame_reads_back_and_a_long_or_torn_one_is_refused() {
        let frame = ToClient::Durable { seq: Seq(812) };
        let mut bytes = Vec::new();
        write_frame(&mut bytes, &frame).unwrap();
        assert_eq!(read_frame::<ToClient>(&mut bytes.as_slice()).unwrap(), Some(frame));
        assert_eq!(read_frame::<ToClient>(&mut [].as_slice()).unwrap(), None);
        assert!(read_frame::<ToClient>(&mut &bytes[..bytes.len() - 1]).is_err());
        assert!(read_frame::<ToClient>(&mut [0xff; 8].as_slice()).is_err());
        assert!(write_frame(&mut Vec::new(), &ToClient::Trouble { words: "x".repeat(FRAME_LIMIT) }).is_err());
    }
}
