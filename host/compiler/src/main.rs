//! Run by the program's build script: `chiron-compiler TARGET FOLDER MODULE...` writes, for each `NAME.wasm`, the component
//! `FOLDER/NAME.wasm` and its code for the target, `FOLDER/NAME.code`. For a processor of another kind than this one's the code is
//! empty, and the program compiles at its first start.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chiron_compiler::{encode, native};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(target), Some(folder)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: chiron-compiler TARGET FOLDER MODULE...");
        return ExitCode::from(2);
    };
    let target = target.to_string_lossy().into_owned();
    let folder = PathBuf::from(folder);
    for module in arguments.map(PathBuf::from) {
        if let Err(error) = compile(&module, &folder, &target) {
            eprintln!("{}: {error}", module.display());
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn compile(module: &Path, folder: &Path, target: &str) -> Result<(), Box<dyn std::error::Error>> {
    let name = module.file_name().ok_or("it has no name")?;
    let component = encode::component(&std::fs::read(module)?)?;
    let is_known = target.split('-').next() == Some(std::env::consts::ARCH);
    let code = if is_known { native(&component, target)? } else { Vec::new() };
    let file = folder.join(name);
    std::fs::write(&file, component)?;
    std::fs::write(file.with_extension("code"), code)?;
    Ok(())
}
