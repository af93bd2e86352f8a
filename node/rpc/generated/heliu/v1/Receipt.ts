// Original file: proto/heliu/v1/settlement.proto


export interface Receipt {
  'document'?: (Buffer | Uint8Array | string);
}

export interface Receipt__Output {
  'document': (Buffer);
}
