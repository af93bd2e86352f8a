// Original file: proto/heliu/v1/audit.proto


export interface ConsistencyAnswer {
  'hashes'?: (Buffer | Uint8Array | string)[];
}

export interface ConsistencyAnswer__Output {
  'hashes': (Buffer)[];
}
