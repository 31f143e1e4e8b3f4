//! Files in a directory of this machine, or of one that several machines share.
//!
//! An object `a/b` lies as `xx/a/b`, where `xx` are the last two characters of `a`, so that no directory grows beyond what tools list. It is written
//! beside its place, made lasting and then moved there, so that nobody reads half of it.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use tokio::fs::{self, File};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

use super::{Answer, Object, Store, away};

/// Bytes that are read at once.
const PART: usize = 64 << 10;

/// Objects in a directory.
pub struct Directory {
    root: PathBuf,
}

impl Directory {
    /// Objects below `root`, which is made with the first of them.
    #[must_use]
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The directory of an object, and the file in it.
    fn place(&self, name: &str) -> (PathBuf, PathBuf) {
        let folder = name.split_once('/').map_or(name, |(folder, _)| folder);
        let shard = &folder[folder.len().saturating_sub(2)..];
        let directory = self.root.join(shard).join(folder);
        let file = directory.join(name.rsplit('/').next().unwrap_or(name));
        (directory, file)
    }
}

/// Makes a directory with everything above it, for nobody but the program.
async fn make(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(0o700);
    builder.create(directory).await
}

async fn write(directory: &Path, file: &Path, bytes: &[u8]) -> io::Result<()> {
    make(directory).await?;
    let beside = file.with_extension(format!("{}.part", Uuid::now_v7().simple()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    let mut out = options.open(&beside).await?;
    let written = async {
        out.write_all(bytes).await?;
        out.sync_all().await
    };
    let moved = match written.await {
        Ok(()) => fs::rename(&beside, file).await,
        Err(error) => Err(error),
    };
    if moved.is_err() {
        // What cannot be removed goes with the rest of its directory.
        let _ = fs::remove_file(&beside).await;
    }
    moved
}

/// Removes an object with what was begun of it, and its directory once it is empty.
async fn remove(directory: &Path, file: &Path) -> io::Result<()> {
    let Some(name) = file.file_name().and_then(|name| name.to_str()) else { return Ok(()) };
    let mut entries = match fs::read_dir(directory).await {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    while let Some(entry) = entries.next_entry().await? {
        let own = entry.file_name().to_str().is_some_and(|found| found == name || found.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')));
        if own
            && let Err(error) = fs::remove_file(entry.path()).await
            && error.kind() != ErrorKind::NotFound
        {
            return Err(error);
        }
    }
    // It may hold another object.
    let _ = fs::remove_dir(directory).await;
    Ok(())
}

/// The rest of a file, part by part.
fn parts(file: File) -> impl futures_util::Stream<Item = io::Result<Bytes>> + Send + use<> {
    stream::try_unfold(file, |mut file| async move {
        let mut part = BytesMut::with_capacity(PART);
        let count = file.read_buf(&mut part).await?;
        Ok((count > 0).then(|| (part.freeze(), file)))
    })
}

impl Store for Directory {
    fn put<'a>(&'a self, name: &'a str, _media_type: &'a str, bytes: Vec<u8>) -> Answer<'a, ()> {
        async move {
            let (directory, file) = self.place(name);
            write(&directory, &file, &bytes).await.map_err(|error| away("put", error))
        }
        .boxed()
    }

    fn get<'a>(&'a self, name: &'a str) -> Answer<'a, Option<Object>> {
        async move {
            let file = match File::open(self.place(name).1).await {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                opened => opened.map_err(|error| away("get", error))?,
            };
            let length = file.metadata().await.map_err(|error| away("get", error))?.len();
            Ok(Some(Object { length, bytes: parts(file).boxed() }))
        }
        .boxed()
    }

    fn delete<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        async move {
            let (directory, file) = self.place(name);
            remove(&directory, &file).await.map_err(|error| away("delete", error))
        }
        .boxed()
    }

    fn inspect(&self) -> BoxFuture<'_, Result<String, String>> {
        async move {
            if !fs::try_exists(&self.root).await.map_err(|error| format!("{}: {error}", self.root.display()))? {
                return Ok(format!("{} will be made with the first picture", self.root.display()));
            }
            let file = self.root.join("doctor");
            let tried = async {
                write(&self.root, &file, b"doctor").await?;
                fs::remove_file(&file).await
            };
            tried.await.map_err(|error| format!("{} cannot be written: {error}", self.root.display()))?;
            Ok(format!("{} was written and read", self.root.display()))
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;

    use super::{Directory, Store};

    #[tokio::test]
    async fn what_is_put_is_given_until_it_is_deleted() {
        let root = std::env::temp_dir().join(format!("qicai-directory-{}", uuid::Uuid::now_v7().simple()));
        let store = Directory::new(root.clone());
        let read = async |name: &str| {
            let object = store.get(name).await.map_err(|error| error.code).expect("read")?;
            let parts: Vec<bytes::Bytes> = object.bytes.try_collect().await.expect("parts");
            assert_eq!(parts.iter().map(bytes::Bytes::len).sum::<usize>() as u64, object.length);
            Some(parts.concat())
        };
        let long = vec![7; 200_000];
        for (name, bytes) in [("med_1/full", &long[..]), ("med_1/thumb", b"small"), ("med_1/full", &long)] {
            store.put(name, "image/jpeg", bytes.to_vec()).await.map_err(|error| error.code).expect("put");
        }
        assert_eq!((read("med_1/full").await, read("med_1/thumb").await, read("med_2/full").await), (Some(long), Some(b"small".to_vec()), None));
        std::fs::write(root.join("_1/med_1/full.0.part"), b"begun by a process that died").expect("written");
        for _ in 0..2 {
            store.delete("med_1/full").await.map_err(|error| error.code).expect("deleted");
        }
        assert_eq!((read("med_1/full").await, read("med_1/thumb").await), (None, Some(b"small".to_vec())));
        store.delete("med_1/thumb").await.map_err(|error| error.code).expect("deleted");
        assert!(!root.join("_1/med_1").exists(), "nothing is left");
        std::fs::remove_dir_all(root).expect("removed");
    }
}
