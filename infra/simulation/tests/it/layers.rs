//! The modules are in layers: each imports only those below it.

use std::path::{Path, PathBuf};

/// The layers, lowest first, and the modules that a layer must not name.
const LAYERS: [(&str, &[&str]); 5] = [
    ("engine", &["world", "carts", "ledger", "mutants", "scenario", "campaign"]),
    ("world", &["carts", "ledger", "mutants", "scenario", "campaign"]),
    ("carts", &["ledger", "mutants", "scenario", "campaign"]),
    ("ledger", &["carts", "mutants", "scenario", "campaign"]),
    ("pools", &["carts", "ledger", "mutants", "scenario", "campaign"]),
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder of the sources");
    let entries = entries.map(|entry| entry.expect("a file of the sources").path());
    let below = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    entries.flat_map(below).collect()
}

#[test]
fn a_layer_imports_only_the_layers_below_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (layer, above) in LAYERS {
        let files = files(&src.join(layer));
        assert!(files.len() > 5, "{layer}: {files:?}");
        for file in files {
            let code = std::fs::read_to_string(&file).unwrap();
            for module in above {
                let import = format!("crate::{module}");
                assert!(!code.contains(&import), "{} names {import}", file.display());
            }
        }
    }
}
