// Original file: proto/heliu/v1/trust.proto


export interface RenewAnswer {
  'chain'?: (Buffer | Uint8Array | string)[];
}

export interface RenewAnswer__Output {
  'chain': (Buffer)[];
}
